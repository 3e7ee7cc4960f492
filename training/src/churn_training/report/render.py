"""A page as text: the one place that knows the template, for the report of a training and that of a search."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from churn_training.report.page import Page


def render(page: Page) -> str:
    """One HTML document that needs no other."""
    # Names of columns and categories are whatever users wrote.
    environment = Environment(
        loader=PackageLoader("churn_training.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(page=page)
