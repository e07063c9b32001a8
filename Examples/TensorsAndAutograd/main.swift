import Lockstep

print(Tensor<Float>([1, 2, 3]))
