"""The gates of a shift: what `pulumi up` asks before it moves traffic, and how long it watches afterwards.

Before the first change of a shift, as a resource hook: nobody has moved the weights by hand, the step is not too large,
no alarm of a colour that gets traffic is on, and its targets are healthy. Whatever is wrong stops the update, and
nothing has changed. After each change, as a hook too, the weights are read back. After the last one the update watches
the alarms of the colours with traffic for as long as it bakes; then the shift is in the state already, so that an
update which is killed meanwhile leaves nothing to repair.

A preview asks nothing and never waits. An update that moves no traffic passes freely.
"""
