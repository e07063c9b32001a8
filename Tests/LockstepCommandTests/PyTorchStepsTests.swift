import LockstepFormats
import LockstepTensor
import Testing

extension CommandTests {
    /// Given the same weights and data, PyTorch takes the same steps.
    ///
    /// Losses may differ by 1e-4 of their size and weights by 1e-4: the sums of a batch are added in another order, and twenty
    /// steps carry that on. The differences measured are below a tenth of that.
    @Suite(
        .enabled("needs Python with torch and safetensors: set LOCKSTEP_PYTHON to one that has them") {
            await Python.has("torch, safetensors.torch, numpy")
        })
    struct PyTorchSteps {
        private let folder = TemporaryFolder()

        init() throws {
            try Samples.table(80, to: folder.path + "/table.csv")
            try Samples.images(80, side: 8, to: folder.path + "/images.npz")
            try Samples.text(800, to: folder.path + "/text.txt")
        }

        /// A model as both sides know it.
        struct Case: Sendable, CustomTestStringConvertible {
            /// Its name in the Python program.
            let name: String
            let options: [String]
            var testDescription: String { name }
        }

        static let cases = [
            Case(
                name: "linear",
                options: [
                    "--model", "linear", "--data", "csv:table.csv?label=y&features=a,b,c", "--optimizer", "sgd", "--lr",
                    "0.1",
                ]
            ),
            Case(
                name: "several labels",
                options: [
                    "--model", "linear", "--data", "csv:table.csv?label=y,c&features=a,b", "--loss", "l1",
                    "--optimizer", "adagrad",
                    "--lr", "0.05",
                ]),
            Case(
                name: "logistic",
                options: [
                    "--model", "logistic", "--data", "csv:table.csv?label=kind&features=a,b,c", "--optimizer", "sgd",
                    "--lr", "0.5",
                    "--momentum", "0.9",
                ]),
            Case(
                name: "mlp",
                options: [
                    "--model", "mlp:3-8-1", "--data", "csv:table.csv?label=y&features=a,b,c", "--loss", "huber",
                    "--optimizer", "adam",
                    "--lr", "0.01",
                ]),
            Case(
                name: "cnn",
                options: [
                    "--model", "cnn:dropout=0", "--data", "npz:images.npz", "--optimizer", "sgd", "--lr", "0.05",
                    "--momentum", "0.9",
                    "--schedule", "step", "--step-size", "2", "--gamma", "0.5",
                ]),
            Case(
                name: "cnn with batch normalisation",
                options: [
                    "--model", "cnn:dropout=0,norm=batch", "--data", "npz:images.npz", "--optimizer", "sgd", "--lr",
                    "0.01", "--microbatches", "1",
                ]),
            Case(
                name: "lstm",
                options: ["--model", "lstm:16", "--data", "npz:images.npz", "--optimizer", "adam", "--lr", "0.01"]),
            Case(
                name: "characters",
                options: [
                    "--model", "lstm:12,layers=2,context=8", "--data", "text:text.txt", "--optimizer", "rmsprop",
                    "--lr", "0.01",
                    "--clip-value", "0.01",
                ]),
            Case(
                name: "gpt",
                options: [
                    "--model", "gpt:layers=2,heads=2,width=16,context=8", "--data", "text:text.txt", "--optimizer",
                    "adamw", "--lr",
                    "0.01", "--clip-norm", "0.5", "--schedule", "cosine", "--warmup", "4", "--min-lr", "0.001",
                ]),
        ]

        @Test(arguments: cases) func areTheSame(each: Case) async throws {
            let printed = try await Python.run(PyTorchSteps.program, [each.name, folder.path, "train"])
            let expected = printed.split(separator: "\n").compactMap { Double($0) }
            #expect(expected.count == 20)
            let outcome = try await Lockstep.run(
                ["train", "--workers", "2", "--transport", "in-process", "--init", "start.safetensors", "--no-shuffle"]
                    + ["--batch", "16", "--epochs", "4", "--limit", "80", "--save", "end.safetensors", "--json"]
                    + each.options,
                in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let losses = outcome.events.filter { $0.event == "step" }.compactMap { event -> Double? in
                if case .value(let loss)? = event.loss { loss } else { nil }
            }
            try #require(losses.count == expected.count, "\(losses)")
            for (found, expected) in zip(losses, expected) { #expect(abs(found - expected) <= 1e-4 * abs(expected)) }
            try compare("end.safetensors", "torch.safetensors", within: 1e-4)
        }

        /// A rate of 0 leaves the first weights as they are.
        @Test(arguments: ["cnn", "lstm", "characters", "gpt", "logistic"])
        func beginWithTheSameWeightsForASeed(name: String) async throws {
            _ = try await Python.run(PyTorchSteps.program, [name, folder.path, "seed"])
            let each = try #require(PyTorchSteps.cases.first { $0.name == name })
            let outcome = try await Lockstep.run(
                [
                    "train", "--single-process", "--seed", "43052", "--batch", "80", "--epochs", "1", "--save",
                    "end.safetensors",
                ]
                    + Array(each.options.prefix(4)) + ["--optimizer", "sgd", "--lr", "0"], in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            try compare("end.safetensors", "start.safetensors", within: 2e-6)
        }

        /// Compares all tensors of two files.
        private func compare(_ mine: String, _ theirs: String, within tolerance: Float) throws {
            let mine = try Safetensors(contentsOf: "\(folder.path)/\(mine)")
            let theirs = try Safetensors(contentsOf: "\(folder.path)/\(theirs)")
            #expect(Set(mine.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
            for (name, tensor) in mine.tensors {
                if case .int64(let found) = tensor, case .int64(let expected)? = theirs.tensor(named: name) {
                    #expect(found == expected, "\(name)")
                    continue
                }
                guard case .float32(let found) = tensor, case .float32(let expected)? = theirs.tensor(named: name)
                else {
                    Issue.record("'\(name)' is no tensor of floats in both")
                    continue
                }
                #expect(found.shape == expected.shape)
                let difference = zip(found.scalars, expected.scalars).map { abs($0 - $1) }.max() ?? 0
                #expect(difference <= tolerance, "\(name)")
            }
        }

        /// Prints the losses of twenty steps, and writes the weights before and after.
        static let program = #"""
            import csv, math, sys, numpy, torch
            from safetensors.torch import save_file
            from torch import nn
            from torch.nn import functional as F
            torch.set_num_threads(1)
            name, folder, task = sys.argv[1:]

            class CNN(nn.Module):
                def __init__(self, norm=lambda channels: nn.Identity()):
                    super().__init__()
                    self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, 1), nn.Conv2d(32, 64, 3, 1)
                    self.fc1, self.fc2 = nn.Linear(256, 128), nn.Linear(128, 10)
                    self.bn1, self.bn2 = norm(32), norm(64)
                def forward(self, x):
                    x = F.relu(self.bn1(self.conv1(x.unsqueeze(1))))
                    x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
                    return F.log_softmax(self.fc2(F.relu(self.fc1(torch.flatten(x, 1)))), dim=1)

            class Rows(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.lstm, self.fc = nn.LSTM(8, 16, batch_first=True), nn.Linear(16, 10)
                def forward(self, x): return self.fc(self.lstm(x)[0][:, -1])

            class Characters(nn.Module):
                def __init__(self, vocabulary):
                    super().__init__()
                    self.embedding = nn.Embedding(vocabulary, 12)
                    self.lstm, self.fc = nn.LSTM(12, 12, 2, batch_first=True), nn.Linear(12, vocabulary)
                def forward(self, x): return self.fc(self.lstm(self.embedding(x))[0]).flatten(0, 1)

            class Attention(nn.Module):
                def __init__(self, width, heads):
                    super().__init__()
                    self.heads, self.c_attn, self.c_proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)
                def forward(self, x):
                    n, t, w = x.shape
                    q, k, v = (p.view(n, t, self.heads, w // self.heads).transpose(1, 2) for p in self.c_attn(x).split(w, dim=2))
                    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
                    return self.c_proj(y.transpose(1, 2).reshape(n, t, w))

            class Feed(nn.Module):
                def __init__(self, width):
                    super().__init__()
                    self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
                def forward(self, x): return self.c_proj(F.gelu(self.c_fc(x)))

            class Block(nn.Module):
                def __init__(self, width, heads):
                    super().__init__()
                    self.ln_1, self.attn = nn.LayerNorm(width), Attention(width, heads)
                    self.ln_2, self.mlp = nn.LayerNorm(width), Feed(width)
                def forward(self, x):
                    x = x + self.attn(self.ln_1(x))
                    return x + self.mlp(self.ln_2(x))

            class GPT(nn.Module):
                def __init__(self, vocabulary, layers=2, heads=2, width=16, context=8):
                    super().__init__()
                    self.transformer = nn.ModuleDict(dict(
                        wte=nn.Embedding(vocabulary, width), wpe=nn.Embedding(context, width),
                        h=nn.ModuleList([Block(width, heads) for _ in range(layers)]), ln_f=nn.LayerNorm(width)))
                    self.lm_head = nn.Linear(width, vocabulary, bias=False)
                    self.transformer.wte.weight = self.lm_head.weight
                    self.apply(self.start)
                    for name, parameter in self.named_parameters():
                        if name.endswith("c_proj.weight"): nn.init.normal_(parameter, mean=0, std=0.02 / math.sqrt(2 * layers))
                def start(self, module):
                    if isinstance(module, (nn.Linear, nn.Embedding)): nn.init.normal_(module.weight, mean=0, std=0.02)
                    if isinstance(module, nn.Linear) and module.bias is not None: nn.init.zeros_(module.bias)
                def forward(self, x):
                    y = self.transformer.wte(x) + self.transformer.wpe(torch.arange(x.shape[1]))
                    for block in self.transformer.h: y = block(y)
                    return self.lm_head(self.transformer.ln_f(y)).flatten(0, 1)

            if name in ("cnn", "cnn with batch normalisation", "lstm"):
                arrays = numpy.load(folder + "/images.npz")
                x, y = torch.from_numpy(arrays["x_train"]), torch.from_numpy(arrays["y_train"])
            elif name in ("characters", "gpt"):
                text = open(folder + "/text.txt").read()
                vocabulary = sorted(set(text))
                tokens = torch.tensor([vocabulary.index(c) for c in text[:int(0.9 * len(text))]])
                count = (len(tokens) - 1) // 8
                x, y = tokens[:count * 8].view(count, 8)[:80], tokens[1:count * 8 + 1].view(count, 8)[:80]
            else:
                rows = list(csv.DictReader(open(folder + "/table.csv")))
                columns = {c: torch.tensor([float(r[c]) for r in rows]) for c in "abcy"}
                kinds = sorted({r["kind"] for r in rows})
                x = torch.stack([columns[c] for c in "abc"], 1)
                y = columns["y"].unsqueeze(1)
                if name == "logistic": y = torch.tensor([kinds.index(r["kind"]) for r in rows])
                if name == "several labels":
                    x, y = x[:, :2], torch.stack([columns["y"], columns["c"]], 1)

            torch.manual_seed(43052)
            model, loss, optimizer = {
                "linear": lambda: (nn.Linear(3, 1), nn.MSELoss(), lambda p: torch.optim.SGD(p, 0.1)),
                "several labels": lambda: (nn.Linear(2, 2), nn.L1Loss(), lambda p: torch.optim.Adagrad(p, 0.05)),
                "logistic": lambda: (nn.Linear(3, 3), nn.CrossEntropyLoss(), lambda p: torch.optim.SGD(p, 0.5, momentum=0.9)),
                "mlp": lambda: (nn.Sequential(nn.Flatten(), nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)), nn.HuberLoss(),
                                lambda p: torch.optim.Adam(p, 0.01)),
                "cnn": lambda: (CNN(), nn.NLLLoss(), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
                "cnn with batch normalisation": lambda: (CNN(nn.BatchNorm2d), nn.NLLLoss(), lambda p: torch.optim.SGD(p, 0.01)),
                "lstm": lambda: (Rows(), nn.CrossEntropyLoss(), lambda p: torch.optim.Adam(p, 0.01)),
                "characters": lambda: (Characters(len(vocabulary)), nn.CrossEntropyLoss(), lambda p: torch.optim.RMSprop(p, 0.01)),
                "gpt": lambda: (GPT(len(vocabulary)), nn.CrossEntropyLoss(), lambda p: torch.optim.AdamW(p, 0.01)),
            }[name]()

            def save(file):
                state = {k: v.clone().contiguous() for k, v in model.state_dict().items() if k != "lm_head.weight"}
                save_file(state, folder + "/" + file)

            save("start.safetensors")
            if task == "seed": sys.exit()
            optimizer = optimizer(model.parameters())
            schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5) if name == "cnn" else None
            for step in range(20):
                at = step % 5 * 16
                if name == "gpt":
                    rate = 0.001 + 0.009 * (1 + math.cos(math.pi * max(0, step - 4) / 16)) / 2
                    for group in optimizer.param_groups: group["lr"] = rate * min(1, (step + 1) / 5)
                optimizer.zero_grad()
                value = loss(model(x[at:at + 16]), y[at:at + 16].flatten() if name in ("characters", "gpt") else y[at:at + 16])
                value.backward()
                if name == "gpt": nn.utils.clip_grad_norm_(model.parameters(), 0.5)
                if name == "characters": nn.utils.clip_grad_value_(model.parameters(), 0.01)
                optimizer.step()
                if schedule and step % 5 == 4: schedule.step()
                print(value.item())
            save("torch.safetensors")
            """#
    }
}
