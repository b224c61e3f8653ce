"""Alarms: rules that people edit, judged each minute by our own records, and what is said about them.

``criteria`` and ``form`` are what a screen needs of a rule, ``built_in`` the rules of the first start. ``verdicts``
judges rules by facts, ``engine`` turns verdicts into incidents, ``words`` says them; all of these are pure.
``outbox`` sends what is queued. The flow ``alarms`` and the store hold them together.
"""
