"""The Fashfed section of Airflow's UI: pages under /fashfed of Airflow's API server (design.md section 12).

Pages are made on the server; htmx replaces parts of them, Chart.js draws. Every route needs a login and a right.
"""
