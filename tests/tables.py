"""The four tables in an emulated DynamoDB, made from the template."""

from typing import TYPE_CHECKING, Any

from tests.template import resources

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLES = {
    "LEAD_TABLE": "LeadTable",
    "ACTIVITY_TABLE": "ActivityTable",
    "CONFIG_TABLE": "ConfigTable",
    "CACHE_TABLE": "CacheTable",
}
_COPIED = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")


def create_tables(client: "DynamoDBClient") -> dict[str, str]:
    """Create the tables under their logical ids and return the names by environment variable."""
    for logical_id in TABLES.values():
        properties = resources("AWS::DynamoDB::Table")[logical_id]
        given: dict[str, Any] = {k: properties[k] for k in _COPIED if k in properties}
        if stream := properties.get("StreamSpecification"):
            given["StreamSpecification"] = {"StreamEnabled": True, **stream}
        client.create_table(TableName=logical_id, **given)
    return dict(TABLES)
