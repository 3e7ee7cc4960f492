"""The pod templates of a revision: rendered once, before it is tried, and taken from its record ever after."""

from dataclasses import replace

from churn_operator.api.churn_model import ChurnModel
from churn_operator.children.member_deployment import member_template
from churn_operator.children.serving_template import serving_template
from churn_operator.names import revision_name
from churn_operator.observe.record import Record, Templates
from churn_operator.settings import Settings


def with_templates(model: ChurnModel, record: Record, settings: Settings) -> Record:
    """The record with all templates; what it holds already, or what runs already, is left as it is.

    A record of v0.1 holds no templates, and its data cannot change: it is written anew under another name.
    """
    if record.data and "templates" in record.data:
        return record
    known = record.templates
    serving = known.serving or serving_template(model, record, settings)
    members = {
        member: known.members.get(member) or member_template(model, record, member, settings)
        for member in (record.bundle.members if record.configuration.fan_out else ())
    }
    name = revision_name(model.name, record.identifier)
    if record.name == name:
        name = f"{name}-t"
    return replace(record, templates=Templates(serving, members), name=name, data=None)
