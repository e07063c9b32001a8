import COpenBLAS

/// The library that multiplies matrices (OpenBLAS).
///
/// Its results depend in the last bits on the shapes, on `threads` and on `coreType`; with those equal they are equal.
public enum BLAS {
    /// How many threads a product may use; for the whole process.
    public static var threads: Int {
        get { Int(openblas_get_num_threads()) }
        set { openblas_set_num_threads(Int32(newValue)) }
    }

    /// The processor type whose kernels are in use, such as `SkylakeX`.
    ///
    /// OpenBLAS chooses by the processor; the environment variable `OPENBLAS_CORETYPE` overrides it, which makes different
    /// processors give the same bits.
    public static var coreType: String { String(cString: openblas_get_corename()) }

    /// The library and its version: `OpenBLAS 0.3.21`. Another version may give other bits.
    public static var version: String {
        String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// C = A·B, or C += A·B where `adding`, with C in row-major order.
    static func multiply<Scalar: FloatingScalar>(
        _ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into c: UnsafeMutablePointer<Scalar>, adding: Bool
    ) {
        let (m, n, k) = (blasint(a.rows), blasint(b.columns), blasint(a.columns))
        if m == 0 || n == 0 { return }
        if k == 0 {
            if !adding { c.update(repeating: 0, count: Int(m) * Int(n)) }
            return
        }
        let (transA, transB) = (a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans)
        let (lda, ldb) = (blasint(a.leading), blasint(b.leading))
        let (rawA, rawB, rawC) = (
            UnsafeRawPointer(a.pointer), UnsafeRawPointer(b.pointer), UnsafeMutableRawPointer(c)
        )
        withExtendedLifetime((a, b)) {
            if Scalar.dtype == .float32 {
                cblas_sgemm(
                    CblasRowMajor, transA, transB, m, n, k, 1, rawA.assumingMemoryBound(to: Float.self), lda,
                    rawB.assumingMemoryBound(to: Float.self), ldb, adding ? 1 : 0,
                    rawC.assumingMemoryBound(to: Float.self), n)
            } else {
                cblas_dgemm(
                    CblasRowMajor, transA, transB, m, n, k, 1, rawA.assumingMemoryBound(to: Double.self), lda,
                    rawB.assumingMemoryBound(to: Double.self), ldb, adding ? 1 : 0,
                    rawC.assumingMemoryBound(to: Double.self), n)
            }
        }
    }
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

    /// The same elements with rows and columns exchanged; free.
    var transposed: MatrixOperand {
        MatrixOperand(
            rows: columns, columns: rows, isTransposed: !isTransposed, leading: leading, pointer: pointer,
            storage: storage)
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
