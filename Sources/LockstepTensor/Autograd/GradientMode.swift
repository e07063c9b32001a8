import CLockstepKernels

/// Runs `body` without recording its operations, so that backward cannot go through them.
///
/// Saves the time and memory of recording where no gradient is wanted: evaluation, hand-written updates. Holds for the calling
/// thread alone and may be nested. As in PyTorch, what is computed inside does not require a gradient, and a leaf may be
/// changed in place.
///
/// Source: `torch.no_grad`.
public func noGrad<R>(_ body: () throws -> R) rethrows -> R {
    let before = lk_records_gradients()
    lk_set_records_gradients(false)
    defer { lk_set_records_gradients(before) }
    return try body()
}

/// Runs `body` with recording switched on, inside a `noGrad` too.
///
/// Source: `torch.enable_grad`.
public func enableGrad<R>(_ body: () throws -> R) rethrows -> R {
    let before = lk_records_gradients()
    lk_set_records_gradients(true)
    defer { lk_set_records_gradients(before) }
    return try body()
}

/// Whether operations on the calling thread are recorded for backward.
public var isGradEnabled: Bool { lk_records_gradients() }
