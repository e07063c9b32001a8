// The one module that a user imports.
@_exported public import LockstepCluster
@_exported public import LockstepCommand
@_exported public import LockstepData
@_exported public import LockstepFormats
@_exported public import LockstepNN
@_exported public import LockstepOptim
@_exported public import LockstepPlot
@_exported public import LockstepTensor
@_exported public import LockstepTraining
