"""Blue/green traffic to EKS clusters as Pulumi components."""
