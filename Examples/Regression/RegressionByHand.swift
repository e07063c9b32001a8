import Foundation
import Lockstep

/// Review, step 1 to 4: regression with nothing but matrix products and gradients.
func regressionByHand(_ points: Points, _ pictures: Pictures) throws {
    heading("Review: step 1 to 4")

    // A few rows of the table, as pandas shows it.
    let (xs, ys) = (try points.table.numbers("x"), try points.table.numbers("y"))
    print("x y")
    for row in Array(0..<5) + Array(95..<100) { print(row, String(format: "%.6f %.6f", xs[row], ys[row])) }
    print("\(points.table.rowCount) rows × \(points.table.columns.count) columns")
    try pictures.add(points, "data")

    print(Tensor<Double>(xs))

    let (x, y, design) = (points.x, points.y, points.design)
    var weights = Tensor<Float>([[-5], [10]]).requiringGrad()
    print(weights)
    try pictures.add(points, "first guess", ("-5 + 10x", design.matmul(weights)))

    heading("ver1: loss = sum of squares error")
    var alpha: Float = 1 / 1000
    for _ in 0..<30 {
        // step 1: yhat
        let yhat = design.matmul(weights)
        // step 2: loss
        let loss = (y - yhat).pow(2).sum()
        // step 3: gradient
        loss.backward()
        // step 4: update
        update(&weights, alpha)
    }
    print(weights)
    try pictures.add(points, "sum of squares", ("30 steps", design.matmul(weights)))

    // weights and weights.detached() have the same numbers, but only one has a gradient.
    print(weights)
    print(weights.detached())

    heading("ver2: loss = mean squared error = MSE")
    alpha = 1 / 10
    weights = Tensor([[-5], [10]]).requiringGrad()
    for _ in 0..<30 {
        let yhat = design.matmul(weights)
        let loss = (y - yhat).pow(2).mean()
        loss.backward()
        update(&weights, alpha)
    }
    print(weights)
    print(x.shape, y.shape)
}

/// weights ← weights − α · gradient, and no gradient any more.
///
/// Why not `weights = weights - alpha * gradient`? Because the result would be computed from the weights, and no weight itself:
/// it would be a step in the graph that backward goes through. Inside of noGrad nothing is recorded.
private func update(_ weights: inout Tensor<Float>, _ alpha: Float) {
    guard let gradient = weights.gradient else { return }
    noGrad { weights -= alpha * gradient }
    weights.gradient = nil
}
