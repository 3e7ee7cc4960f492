"""Derived features of telco's customers: one of every step, and some that are derived of others."""

from typing import Any

from churn_models.feature_schema import FeatureSchema

DERIVED: list[dict[str, Any]] = [
    {"step": "ratio", "name": "charge_per_month", "of": ["TotalCharges", "tenure"]},
    {"step": "log", "name": "log_total", "of": "TotalCharges"},
    {"step": "bins", "name": "year", "of": "tenure", "edges": [12, 24, 48]},
    {
        "step": "count",
        "name": "services",
        "of": ["OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV"],
        "categories": "Yes",
    },
    {"step": "group_mean", "name": "usual_charge", "of": "MonthlyCharges", "by": "InternetService"},
    {"step": "difference", "name": "above_usual", "of": ["MonthlyCharges", "usual_charge"]},
    {"step": "group_mean", "name": "usual_services", "of": "services", "by": "Contract"},
]


def written() -> list[dict[str, Any]]:
    """As schema.yaml has them."""
    return [{"kind": "derived", **one} for one in DERIVED]


def with_derived(schema: FeatureSchema) -> FeatureSchema:
    """A schema of telco's customers with all of them."""
    return FeatureSchema.model_validate(
        schema.model_dump(mode="json")
        | {"features": [*(feature.model_dump(mode="json") for feature in schema.features), *written()]}
    )
