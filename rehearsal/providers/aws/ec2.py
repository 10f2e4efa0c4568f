"""What all types of EC2 have in common."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.providers.aws.resource import ACCOUNT, ResourceType, refusal, retag, tag_list, tag_map
from rehearsal.providers.values import Props

__all__ = ["Ec2ResourceType"]


class Ec2ResourceType(ResourceType):
    """A resource type of EC2: its tags go in the call that creates it, and change by its id."""

    ec2_type: str
    """EC2's word for it, as in a tag specification and in an ARN."""

    def tagged(self, inputs: Props) -> dict[str, Any]:
        """Give the argument of a creating call that carries the tags."""
        tags = tag_list(inputs.get("tags"))
        return {"TagSpecifications": [{"ResourceType": self.ec2_type, "Tags": tags}]} if tags else {}

    def retag(self, id_: str, old: Props, new: Props) -> None:
        """Set and remove the tags that differ."""
        ec2 = self.aws.client("ec2")
        to_set, to_remove = retag(old, new)
        if to_set:
            ec2.create_tags(Resources=[id_], Tags=tag_list(to_set))
        if to_remove:
            ec2.delete_tags(Resources=[id_], Tags=[{"Key": key} for key in to_remove])

    def described(self, id_: str, item: Mapping[str, Any]) -> Props:
        """Give the outputs that every type of EC2 has."""
        tags = tag_map(item.get("Tags", []))
        arn = self.aws.arn("ec2", f"{self.ec2_type}/{id_}")
        return {"arn": arn, "tags": tags, "tagsAll": tags, "ownerId": ACCOUNT}

    def find(self, operation: str, key: str, **query: object) -> dict[str, Any] | None:
        """Describe one thing; None where EC2 knows none."""
        try:
            items = getattr(self.aws.client("ec2"), operation)(**query)[key]
        except ClientError as error:
            if refusal(error)[0].endswith("NotFound"):
                return None
            raise
        return items[0] if items else None
