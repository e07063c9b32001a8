import Foundation
import Lockstep

/// NumPy and back, without Python: `.npy` files are what numpy.save writes and numpy.load reads.
func exchangingWithNumPy(folder: String) throws {
    heading("Numpy <-> Torch")

    // In Python: numpy.save("from-numpy.npy", numpy.array([1, 2, 3, 4, 5], dtype="float")). Where there is no such file, this
    // program writes it.
    let source = "\(folder)/from-numpy.npy"
    if !FileManager.default.fileExists(atPath: source) {
        try NPY(.float64(Tensor([1, 2, 3, 4, 5]))).write(to: source)
    }

    // A file may hold any type of element, so the type that is wanted is named; from another it is converted.
    let t = try NPY(contentsOf: source).tensor.to(Double.self)
    print(t)

    // In Python: numpy.load("to-numpy.npy").
    try NPY(.float64(t * 2)).write(to: "\(folder)/to-numpy.npy")
    print("\(t.dtype), \(t.scalars)")
}
