import Lockstep

/// Saves the weights under PyTorch's names: `safetensors.torch.load_file` reads them for `load_state_dict`.
func save(_ net: Net, to path: String) throws {
    heading("Saving")
    try Safetensors(net.stateDictionary().map { ($0.name, .float32($0.tensor)) }).write(to: path)
    for (name, tensor) in net.stateDictionary() { print(name, tensor.shape) }
}

/// Loads the weights into a new network and recognises images with it.
func classify(_ images: ImageDataset, with path: String, expecting trained: Net) throws {
    heading("Loading, and recognising")
    let net = Net(inputSize: images.rows * images.columns, classes: images.classes)
    try net.load(
        Safetensors(contentsOf: path).tensors.compactMap { name, tensor in
            if case .float32(let tensor) = tensor { (name, tensor) } else { nil }
        })

    let batch = try images.batch(at: 0..<5)
    let scores = noGrad { net(batch.inputs) }
    print("same outputs after loading:", scores == noGrad { trained(batch.inputs) })

    // The class with the greatest score. Softmax makes probabilities of scores, and changes nothing about which is greatest.
    let probabilities = scores.softmax(axis: 1)
    let recognised = scores.argmax(axis: 1)
    print("recognised:", recognised)
    print("softmax recognises the same:", probabilities.argmax(axis: 1) == recognised)
    print("labels:", batch.targets)
    for (found, label) in zip(recognised.scalars, batch.targets.scalars) where !images.classNames.isEmpty {
        print(images.classNames[Int(found)], found == label ? "✓" : "✗ \(images.classNames[Int(label)])")
    }
}
