import CLockstepKernels
import COpenBLAS
import Dispatch
import Glibc
import Synchronization

/// How matrices are multiplied: by our own kernel, whose bits depend on the elements alone, or by OpenBLAS on a processor without fused
/// multiply-add instructions.
///
/// OpenBLAS's results depend in the last bits on the shapes, on `threads` and on `coreType`; with those equal they are equal.
public enum BLAS {
    /// How many threads a product may use; for the whole process.
    public static var threads: Int {
        get { Int(openblas_get_num_threads()) }
        set { openblas_set_num_threads(Int32(newValue)) }
    }

    /// Whether products are made by OpenBLAS: where our own kernel cannot make them, or `LOCKSTEP_PRODUCTS` is `openblas` in the
    /// environment. To be set before the first product, for the whole process; it stays true where there is no other way.
    public static var usesLibrary: Bool {
        get { library.load(ordering: .relaxed) }
        set { library.store(newValue || !lk_multiplies_fast(), ordering: .relaxed) }
    }

    private static let library = Atomic(
        !lk_multiplies_fast() || getenv("LOCKSTEP_PRODUCTS").map { String(cString: $0) } == "openblas")

    /// What the bits of a product depend on besides its elements: `fused multiply-add` for our own kernel, which all processors
    /// that have the instruction share; otherwise OpenBLAS's kernels and version, such as `Nehalem with OpenBLAS 0.3.21`.
    public static var arithmetic: String { usesLibrary ? "\(coreType) with \(version)" : "fused multiply-add" }

    /// The processor type whose kernels OpenBLAS uses, such as `SkylakeX`.
    ///
    /// OpenBLAS chooses by the processor; the environment variable `OPENBLAS_CORETYPE` overrides it, which makes different
    /// processors give the same bits.
    public static var coreType: String { String(cString: openblas_get_corename()) }

    /// The library and its version: `OpenBLAS 0.3.21`. Another version may give other bits.
    public static var version: String {
        String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// C = A·B, or C += A·B where `adding`, with C in row-major order, its rows `rowStride` apart (without gaps unless given).
    ///
    /// With `work` a B that was the last one's too need not be copied again.
    static func multiply<Scalar: FloatingScalar>(
        _ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into c: UnsafeMutablePointer<Scalar>, adding: Bool,
        rowStride: Int? = nil, work: ProductWork? = nil
    ) {
        let stride = rowStride ?? b.columns
        if a.rows == 0 || b.columns == 0 { return }
        if a.columns == 0 {
            if !adding { for row in 0..<a.rows { (c + row * stride).fill(0, count: b.columns) } }
            return
        }
        withExtendedLifetime((a, b)) {
            if usesLibrary {
                multiplyByLibrary(a, b, into: c, adding: adding, stride)
            } else {
                multiplyByKernel(a, b, into: c, adding: adding, stride, work)
            }
        }
    }

    private static func multiplyByKernel<Scalar: FloatingScalar>(
        _ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into c: UnsafeMutablePointer<Scalar>, adding: Bool,
        _ stride: Int, _ work: ProductWork?
    ) {
        let product = LKProduct(
            rows: a.rows, columns: b.columns, inner: a.columns, a_row: a.rowStride, a_column: a.columnStride,
            b_row: b.rowStride, b_column: b.columnStride, c_row: stride, adding: adding,
            keeps_b: work != nil, repeats_b: work?.repeats ?? false)
        if let work {
            withUnsafePointer(to: product) {
                lk_multiply(Scalar.kernelType, $0, a.pointer, b.pointer, c, work.memory)
            }
            work.repeats = true
            return
        }
        let pieces = a.rows * b.columns * a.columns < 1 << 21 ? 1 : threads
        if pieces == 1 { return multiply(product, a.pointer, b.pointer, c) }
        // Each thread has some rows, or columns where there are more of those. No element depends on which.
        let splitsRows = a.rows >= b.columns
        let size = splitsRows ? a.rows : b.columns
        let share = ((size + pieces - 1) / pieces + 31) / 32 * 32
        let (whole, left, right) = (product, SharedPointer(a.pointer), SharedPointer(b.pointer))
        let output = SharedPointer(UnsafePointer(c))
        DispatchQueue.concurrentPerform(iterations: (size + share - 1) / share) { piece in
            let (start, count) = (piece * share, min(share, size - piece * share))
            var part = whole
            if splitsRows { part.rows = count } else { part.columns = count }
            multiply(
                part, left.pointer + (splitsRows ? start * whole.a_row : 0),
                right.pointer + (splitsRows ? 0 : start * whole.b_column),
                UnsafeMutablePointer(mutating: output.pointer + start * (splitsRows ? whole.c_row : 1)))
        }
    }

    private static func multiply<Scalar: FloatingScalar>(
        _ product: LKProduct, _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>
    ) {
        let bytes = lk_multiply_workspace(Scalar.kernelType)
        let memory = BlockPool.take(bytes: bytes)
        withUnsafePointer(to: product) { lk_multiply(Scalar.kernelType, $0, a, b, c, memory) }
        BlockPool.giveBack(memory, bytes: bytes)
    }

    /// A pointer into memory that threads read, or write to in different places.
    private struct SharedPointer<Scalar>: @unchecked Sendable {
        let pointer: UnsafePointer<Scalar>
        init(_ pointer: UnsafePointer<Scalar>) { self.pointer = pointer }
    }

    /// By OpenBLAS, on processors that have no instruction to multiply and add with one rounding.
    private static func multiplyByLibrary<Scalar: FloatingScalar>(
        _ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into c: UnsafeMutablePointer<Scalar>, adding: Bool,
        _ stride: Int
    ) {
        let (m, n, k, ldc) = (blasint(a.rows), blasint(b.columns), blasint(a.columns), blasint(stride))
        let (transA, transB) = (a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans)
        let (lda, ldb) = (blasint(a.leading), blasint(b.leading))
        let (rawA, rawB, rawC) = (
            UnsafeRawPointer(a.pointer), UnsafeRawPointer(b.pointer), UnsafeMutableRawPointer(c)
        )
        if Scalar.dtype == .float32 {
            cblas_sgemm(
                CblasRowMajor, transA, transB, m, n, k, 1, rawA.assumingMemoryBound(to: Float.self), lda,
                rawB.assumingMemoryBound(to: Float.self), ldb, adding ? 1 : 0,
                rawC.assumingMemoryBound(to: Float.self), ldc)
        } else {
            cblas_dgemm(
                CblasRowMajor, transA, transB, m, n, k, 1, rawA.assumingMemoryBound(to: Double.self), lda,
                rawB.assumingMemoryBound(to: Double.self), ldb, adding ? 1 : 0,
                rawC.assumingMemoryBound(to: Double.self), ldc)
        }
    }
}

/// Memory for products that have the same second matrix, which must not change between them.
final class ProductWork {
    fileprivate let memory: UnsafeMutableRawPointer
    fileprivate var repeats = false
    private let bytes: Int

    init<Scalar: FloatingScalar>(for type: Scalar.Type) {
        bytes = lk_multiply_workspace(type.kernelType)
        memory = BlockPool.take(bytes: bytes)
    }

    deinit { BlockPool.giveBack(memory, bytes: bytes) }
}

/// A matrix as BLAS takes it: its rows or its columns without gaps.
struct MatrixOperand<Scalar: TensorScalar> {
    let rows: Int
    let columns: Int
    /// Whether the columns, not the rows, lie without gaps.
    let isTransposed: Bool
    /// How far apart the rows (or the columns) lie.
    let leading: Int
    let pointer: UnsafePointer<Scalar>
    /// Keeps what `pointer` points at alive.
    private let storage: Storage<Scalar>

    /// How far apart neighbours in a column, and in a row, lie.
    var rowStride: Int { isTransposed ? 1 : leading }
    var columnStride: Int { isTransposed ? leading : 1 }

    /// The same elements with rows and columns exchanged; free.
    var transposed: MatrixOperand {
        MatrixOperand(
            rows: columns, columns: rows, isTransposed: !isTransposed, leading: leading, pointer: pointer,
            storage: storage)
    }

    /// Some rows and columns of it; free.
    func part(rows: Range<Int>, columns: Range<Int>) -> MatrixOperand {
        MatrixOperand(
            rows: rows.count, columns: columns.count, isTransposed: isTransposed, leading: leading,
            pointer: pointer + rows.lowerBound * rowStride + columns.lowerBound * columnStride, storage: storage)
    }

    private init(
        rows: Int, columns: Int, isTransposed: Bool, leading: Int, pointer: UnsafePointer<Scalar>,
        storage: Storage<Scalar>
    ) {
        (self.rows, self.columns, self.isTransposed) = (rows, columns, isTransposed)
        (self.leading, self.pointer, self.storage) = (leading, pointer, storage)
    }

    /// The last two axes of a tensor, at an offset from its first element.
    ///
    /// Copied only where neither rows nor columns are without gaps.
    init(_ tensor: Tensor<Scalar>, at offset: Int = 0) {
        let axis = tensor.rank - 2
        (rows, columns) = (tensor.shape[axis], tensor.shape[axis + 1])
        guard rows <= Int(Int32.max), columns <= Int(Int32.max) else {
            fatalError("matmul: a matrix of \(rows)x\(columns) has too many rows or columns for BLAS")
        }
        let (rowStride, columnStride) = (tensor.layout.strides[axis], tensor.layout.strides[axis + 1])
        if (columnStride == 1 || columns <= 1) && (rowStride >= columns || rows <= 1) {
            (isTransposed, leading) = (false, Swift.max(rows <= 1 ? columns : rowStride, 1))
            (storage, pointer) = (tensor.storage, tensor.pointer + offset)
        } else if (rowStride == 1 || rows <= 1) && (columnStride >= rows || columns <= 1) {
            (isTransposed, leading) = (true, Swift.max(columns <= 1 ? rows : columnStride, 1))
            (storage, pointer) = (tensor.storage, tensor.pointer + offset)
        } else {
            let matrix = Tensor(
                storage: tensor.storage,
                layout: Layout(
                    shape: [rows, columns], strides: [rowStride, columnStride], offset: tensor.layout.offset + offset))
            let copy = matrix.copied()
            (isTransposed, leading) = (false, Swift.max(columns, 1))
            (storage, pointer) = (copy.storage, copy.pointer)
        }
    }
}
