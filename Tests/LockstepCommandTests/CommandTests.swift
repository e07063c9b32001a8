import Testing

/// Everything about the `lockstep` command. One test at a time: each starts processes enough to fill a machine, and some
/// are about what happens within seconds.
@Suite(.serialized) enum CommandTests {}
