import Lockstep

/// Trains a new network, tests it after each epoch, and shows TensorBoard how it goes.
func train(on training: ImageDataset, _ test: ImageDataset, epochs: Int, logDirectory: String) throws -> Net {
    heading("Training")
    let net = Net(inputSize: training.rows * training.columns, classes: training.classes)
    // Softmax and cross-entropy in one.
    let criterion = CrossEntropyLoss()
    // It updates the parameters, which the network lists.
    let optimizer = SGD(net.parameters, lr: 0.1)

    // 64 images with their labels at a time, in a new order in each epoch.
    let loader = DataLoader(training, batchSize: 64, shuffle: true)
    print(training.count, "images in", loader.count, "batches")

    let writer = try SummaryWriter(logDirectory: logDirectory)
    try writer.addText("network", "`\(training.rows * training.columns) → 64 → \(training.classes)`")
    try writer.addImage("first image", training.batch(at: [0]).inputs)

    for epoch in 1...epochs {
        for (number, data) in loader.enumerated() {
            let (inputs, labels) = (data.inputs, data.targets)

            // Backward adds to gradients: those of the batch before are dropped.
            optimizer.zeroGrad()

            // Forward, backward, update.
            let outputs = net(inputs)
            let loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()

            if number % 100 == 99 {
                print("[\(epoch), \(number + 1)] loss: \(loss.item())")
                try writer.addScalar("loss/train", loss.item(), step: (epoch - 1) * loader.count + number + 1)
            }
        }
        let accuracy = accuracy(of: net, on: test)
        print("[\(epoch)] accuracy on \(test.count) test images: \(accuracy)")
        try writer.addScalar("accuracy/test", accuracy, step: epoch * loader.count)
        for (name, parameter) in net.namedParameters() {
            try writer.addHistogram(name, parameter.value, step: epoch * loader.count)
        }
    }
    try writer.close()
    return net
}

/// The share of images for which the network gives the right class the greatest score.
func accuracy(of net: Net, on images: ImageDataset) -> Double {
    noGrad {
        var correct = 0
        for batch in DataLoader(images, batchSize: 1000) {
            correct += (net(batch.inputs).argmax(axis: 1) .== batch.targets).countTrue
        }
        return Double(correct) / Double(images.count)
    }
}
