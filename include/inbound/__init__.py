"""What other systems may ask of the connector over HTTP: the application under /fashfed of Airflow's API server.

It keeps a request before it answers, and leaves all work to the flows (reference/flows.md section 4.16).
"""
