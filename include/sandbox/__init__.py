"""Runnable stand-ins for Omnitron and Fashfed with lifelike data (design.md section 8)."""

from include.sandbox.fashfed import Line
from include.sandbox.faults import Fault, Faults, Lost
from include.sandbox.merchant import Merchant
from include.sandbox.sandbox import Sandbox, plain_address
from include.sandbox.transport import SandboxTransport
from include.sandbox.world import Rates, World

__all__ = [
    "Fault",
    "Faults",
    "Line",
    "Lost",
    "Merchant",
    "Rates",
    "Sandbox",
    "SandboxTransport",
    "World",
    "plain_address",
]
