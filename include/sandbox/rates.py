"""How often what happens in a living world."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Rates:
    """How many of each happen per step, on average."""

    orders: float = 0.4
    cancels: float = 0.03
    refunds: float = 0.03
    restocks: float = 0.25
    sales_elsewhere: float = 2.0
    reprices: float = 0.3
    parcels_moved: float = 2.5
    new_products: float = 0.02
    departures: float = 0.0
    returns: float = 0.0
    name_changes: float = 0.0
    image_changes: float = 0.0
    attribute_drift: float = 0.0
    category_changes: float = 0.0
    partial_cancels: float = 0.0
    asked_cancels: float = 0.0
    partial_refunds: float = 0.0
    erp_reports: float = 0.0
    seller_cancels: float = 0.0
    plan_completions: float = 0.0
    invoices: float = 0.0
    refund_decisions: float = 0.0
    owner_decisions: float = 0.0
    panel_splits: float = 0.0
    oms_splits: float = 0.0
    carrier_changes: float = 0.0

    @classmethod
    def lively(cls) -> "Rates":
        """The catalogue is edited, too, and the market's categories drift."""
        edits = cls(departures=0.02, returns=0.015, name_changes=0.05, image_changes=0.03)
        return replace(edits, attribute_drift=0.002, category_changes=0.0005)

    @classmethod
    def whole(cls) -> "Rates":
        """Everything happens: also orders live their whole lives."""
        cancels = replace(cls.lively(), partial_cancels=0.01, asked_cancels=0.01, seller_cancels=0.02)
        decided = replace(cancels, erp_reports=0.3, plan_completions=0.2, refund_decisions=0.08, owner_decisions=0.05)
        return replace(
            decided, partial_refunds=0.01, invoices=0.4, panel_splits=0.01, oms_splits=0.015, carrier_changes=0.02
        )
