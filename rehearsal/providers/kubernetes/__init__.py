"""The `kubernetes` provider, over clusters that are tables in memory."""
