"""Dashboard (spec section 7.1)."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from include.dashboard.page import Reader

router = APIRouter()


@router.get("/")
async def dashboard(page: Reader) -> HTMLResponse:
    """The eight figures, the health of every flow, and the orders of both sides."""
    return page.show("overview.html")


@router.get("/enter")
async def enter(page: Reader) -> HTMLResponse:
    """Where Airflow's menu leads: from here to the page that Airflow's address names."""
    return page.show("enter.html", home=page.url())
