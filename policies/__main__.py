"""The policy pack: `pulumi preview --policy-pack policies`."""

from pulumi_policy import PolicyPack

from policies.pack import POLICIES

PolicyPack(name="eks-bluegreen", policies=POLICIES)
