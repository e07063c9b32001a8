import Lockstep

/// In-place operations: mul_, add_, sub_ and div_ are *=, +=, -= and /=.
///
/// A tensor is a value. What `+=` changes is the variable; whoever was given the tensor before keeps what he was given. Where
/// nobody was, the memory is written in place, as in PyTorch.
func changingInPlace() {
    heading("inplace operation")

    // An operator makes a new tensor and leaves the old one as it is …
    var whole = Tensor<Int32>([1, 2, 3, 4, 5])
    print(whole * 2)
    print(whole)

    // … its in-place form changes the variable.
    whole *= 2
    print(whole)

    var t = Tensor<Float>([1, 2, 3])
    print(t)
    t += 1
    print(t)
    t -= 10
    print(t)
    t /= 10
    print(t)
}
