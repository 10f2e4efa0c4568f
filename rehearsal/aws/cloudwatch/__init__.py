"""CloudWatch's own arithmetic: from what is measured to datapoints, expressions and the states of alarms."""
