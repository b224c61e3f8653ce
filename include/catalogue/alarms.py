"""Runs that ended without a word of their own, and mails about them that could not be sent."""

from include.catalogue.entries import Entry

ALARMS: dict[str, Entry] = {
    "run_died": Entry(
        "{flow} began and never said how it ended",
        "Its process was killed, for want of memory for example, or its machine went away.",
        "administrator",
        "See the end of the run's task log and what the machine says of that time; the next run goes on from there.",
    ),
    "stopped": Entry(
        "{flow} was stopped: {reason}",
        "The run reached its time limit, or Airflow or a person stopped it.",
        "administrator",
        "Nothing to do after a planned stop: the next run goes on. If it is the time limit, see what takes so long.",
    ),
    "mail_unreachable": Entry(
        "The mail server cannot be used: {reason}",
        "It is down, or the connection smtp_default is missing or wrong.",
        "administrator",
        "Nothing is lost: the mails wait. If it lasts, test the connection smtp_default in Airflow.",
    ),
    "mail_refused": Entry(
        "The mail server refused a mail: {reason}",
        "The address does not exist, or the server does not take mail for it or from us.",
        "operations",
        "Correct the address in the alarm rule, or from_email in the connection smtp_default.",
    ),
    "webhook_failed": Entry(
        "The web hook did not take the message: {reason}",
        "Its address was withdrawn, or the service behind it is down.",
        "operations",
        "If it lasts, make a new incoming web hook in Slack or Teams and put its address into the alarm rule.",
    ),
}
