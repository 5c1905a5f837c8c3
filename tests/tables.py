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
TAKEN = (
    "KeySchema",
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
)


def create_tables(client: "DynamoDBClient") -> dict[str, str]:
    """Create the tables and return their names by environment variable."""
    for logical_id in TABLES.values():
        client.create_table(TableName=logical_id, **definition(logical_id))
    return dict(TABLES)


def definition(logical_id: str) -> dict[str, Any]:
    """Return what a client is told to make a table as the template has it."""
    properties = resources("AWS::DynamoDB::Table")[logical_id]
    stream = properties.get("StreamSpecification")
    return {key: properties[key] for key in TAKEN if key in properties} | (
        {"StreamSpecification": {"StreamEnabled": True} | stream} if stream else {}
    )
