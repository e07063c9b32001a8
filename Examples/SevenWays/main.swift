import Lockstep
print(Tensor<Float>([1]))
