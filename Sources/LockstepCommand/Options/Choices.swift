public import ArgumentParser
public import LockstepCluster
public import LockstepTraining

// Choices of the library that are options here: what is typed is the case's name, and all are listed where it is none of them.

extension AllReduceChoice: ExpressibleByArgument {}
extension WireType: ExpressibleByArgument {}
