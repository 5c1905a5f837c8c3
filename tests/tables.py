"""The four tables in an emulated DynamoDB, made from the template."""

from typing import TYPE_CHECKING

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
    for name in TABLES.values():
        properties = resources("AWS::DynamoDB::Table")[name]
        stream = properties.get("StreamSpecification")
        client.create_table(
            TableName=name,
            **{key: properties[key] for key in TAKEN if key in properties},
            **({"StreamSpecification": {"StreamEnabled": True} | stream} if stream else {}),
        )
    return dict(TABLES)
