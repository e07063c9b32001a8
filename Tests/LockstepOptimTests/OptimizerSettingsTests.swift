import Foundation
import LockstepOptim
import LockstepTensor
import Testing

@Suite struct OptimizerSettingsTests {
    @Test func whatIsNotGivenHasPyTorchsDefault() throws {
        let sgd = try OptimizerSettings(name: "sgd")
        #expect((sgd.learningRate, sgd.momentum, sgd.dampening, sgd.weightDecay) == (1e-3, 0, 0, 0))
        #expect(sgd.nesterov == false && sgd.betas == nil && sgd.eps == nil)
        let adam = try OptimizerSettings(name: "adam")
        #expect(adam.learningRate == 1e-3 && adam.betas == [0.9, 0.999] && adam.eps == 1e-8 && adam.weightDecay == 0)
        #expect(adam.momentum == nil && adam.dampening == nil && adam.nesterov == nil)
        #expect(try OptimizerSettings(name: "adamw").weightDecay == 1e-2)
    }

    @Test func anUnknownNameListsTheValidOnes() {
        let error = #expect(throws: OptimizerError.self) { try OptimizerSettings(name: "lion") }
        #expect(
            error?.description
                == "unknown optimizer 'lion'; valid are sgd, adam, adamw, adagrad, rmsprop, adadelta, nadam, lamb")
    }

    @Test func anOptionThatTheOptimizerLacksIsNamed() {
        let adam = #expect(throws: OptimizerError.self) { try OptimizerSettings(name: "adam", momentum: 0.9) }
        #expect(
            adam?.description
                == "the optimizer 'adam' has no option 'momentum'; it has learningRate, betas, eps, weightDecay")
        let sgd = #expect(throws: OptimizerError.self) { try OptimizerSettings(name: "sgd", eps: 1e-8) }
        #expect(
            sgd
                == .unknownOption(
                    optimizer: "sgd", option: "eps",
                    valid: ["learningRate", "momentum", "dampening", "weightDecay", "nesterov"]))
    }

    @Test func valuesOutOfRangeAreRefusedInPyTorchsWords() {
        func message(_ make: () throws -> OptimizerSettings) -> String? {
            #expect(throws: OptimizerError.self) { _ = try make() }?.description
        }
        #expect(message { try .init(name: "sgd", learningRate: -1) } == "Invalid learning rate: -1.0")
        #expect(message { try .init(name: "sgd", learningRate: .nan) } == "Invalid learning rate: nan")
        #expect(message { try .init(name: "adam", learningRate: .infinity) } == "Invalid learning rate: inf")
        #expect(message { try .init(name: "sgd", momentum: -0.5) } == "Invalid momentum value: -0.5")
        #expect(message { try .init(name: "sgd", weightDecay: -0.5) } == "Invalid weight_decay value: -0.5")
        let nesterov = "Nesterov momentum requires a momentum and zero dampening"
        #expect(message { try .init(name: "sgd", nesterov: true) } == nesterov)
        #expect(message { try .init(name: "sgd", momentum: 0.9, dampening: 0.1, nesterov: true) } == nesterov)
        #expect(message { try .init(name: "adam", betas: [1, 0.9]) } == "Invalid beta parameter at index 0: 1.0")
        #expect(message { try .init(name: "adamw", betas: [0.9, -1]) } == "Invalid beta parameter at index 1: -1.0")
        #expect(message { try .init(name: "adam", betas: [0.9]) } == "betas must be two numbers, but 1 were given")
        #expect(message { try .init(name: "adam", eps: -1) } == "Invalid epsilon value: -1.0")
        #expect(message { try .init(name: "adagrad", learningRateDecay: -1) } == "Invalid lr_decay value: -1.0")
        #expect(message { try .init(name: "rmsprop", alpha: -1) } == "Invalid alpha value: -1.0")
        #expect(message { try .init(name: "adadelta", rho: 2) } == "Invalid rho value: 2.0")
        #expect(message { try .init(name: "nadam", momentumDecay: -1) } == "Invalid momentum_decay value: -1.0")
        #expect(message { try .init(name: "lamb", eps: 0) } == "Invalid epsilon value: 0.0")
        #expect(message { try .init(name: "adamw", weightDecay: -1) } == "Invalid weight_decay value: -1.0")
    }

    @Test func settingsSurviveJSON() throws {
        for settings in [
            try OptimizerSettings(name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true),
            try OptimizerSettings(name: "adamw", learningRate: 1.0 / 3, betas: [0.8, 0.95]),
            try OptimizerSettings(name: "adagrad", learningRateDecay: 0.1, initialAccumulatorValue: 0.5),
            try OptimizerSettings(name: "rmsprop", momentum: 0.5, alpha: 0.9, centered: true),
            try OptimizerSettings(name: "adadelta", rho: 0.7),
            try OptimizerSettings(name: "nadam", momentumDecay: 0.1),
            try OptimizerSettings(name: "lamb", weightDecay: 0.1),
        ] {
            let json = try JSONEncoder().encode(settings)
            #expect(try JSONDecoder().decode(OptimizerSettings.self, from: json) == settings)
        }
    }

    @Test func decodingChecksAsStrictlyAsMaking() {
        for (json, message) in [
            (#"{"name":"sgd","learningRate":-1}"#, "Invalid learning rate: -1.0"),
            (
                #"{"name":"lion"}"#,
                "unknown optimizer 'lion'; valid are sgd, adam, adamw, adagrad, rmsprop, adadelta, nadam, lamb"
            ),
            (#"{"name":"adam","betas":[]}"#, "betas must be two numbers, but 0 were given"),
        ] {
            let error = #expect(throws: OptimizerError.self) {
                try JSONDecoder().decode(OptimizerSettings.self, from: Data(json.utf8))
            }
            #expect(error?.description == message)
        }
    }

    @Test func theOptimizerIsMadeAsTheSettingsSay() throws {
        let parameters = ParameterBuffer([("w", Parameter(Tensor([1, 2, 3])))])
        func make(_ settings: OptimizerSettings) -> any Optimizer { settings.make(for: parameters) }
        let sgd = try #require(
            try make(.init(name: "sgd", learningRate: 0.3, momentum: 0.9, weightDecay: 0.1, nesterov: true)) as? SGD
        ).groups[0]
        #expect((sgd.learningRate, sgd.momentum, sgd.weightDecay, sgd.nesterov) == (0.3, 0.9, 0.1, true))
        let adam = try #require(try make(.init(name: "adam", betas: [0.5, 0.6], eps: 1e-3)) as? Adam).groups[0]
        #expect(adam.eps == 1e-3 && adam.betas == (0.5, 0.6))
        #expect((try make(.init(name: "adamw")) as? AdamW)?.groups[0].weightDecay == 1e-2)
        let adagrad = try make(.init(name: "adagrad", learningRateDecay: 0.1, initialAccumulatorValue: 0.5))
        #expect((adagrad as? Adagrad)?.groups[0].learningRateDecay == 0.1)
        #expect(adagrad.state.map(\.tensor.scalars) == [[0.5, 0.5, 0.5]])
        let rmsprop = try make(.init(name: "rmsprop", momentum: 0.5, alpha: 0.8, centered: true))
        #expect(rmsprop.state.map(\.name) == ["square_avg", "momentum_buffer", "grad_avg"])
        #expect((rmsprop as? RMSprop)?.groups[0].alpha == 0.8)
        #expect((try make(.init(name: "adadelta", rho: 0.7)) as? Adadelta)?.groups[0].rho == 0.7)
        #expect((try make(.init(name: "nadam", momentumDecay: 0.1)) as? NAdam)?.groups[0].momentumDecay == 0.1)
        #expect((try make(.init(name: "lamb", betas: [0.5, 0.6])) as? LAMB)?.groups[0].betas.1 == 0.6)
    }

    @Test func eachOptimizerHasPyTorchsDefaults() throws {
        let parameters = ParameterBuffer([("w", Parameter(Tensor([1, 2, 3])))])
        let direct: [any Optimizer] = [
            SGD(parameters), Adam(parameters), AdamW(parameters), Adagrad(parameters), RMSprop(parameters),
            Adadelta(parameters), NAdam(parameters), LAMB(parameters),
        ]
        for (name, optimizer) in zip(OptimizerSettings.names, direct) {
            let made = try OptimizerSettings(name: name).make(for: parameters)
            #expect(type(of: made) == type(of: optimizer))
            for optimizer in [made, optimizer] {
                parameters.values = Tensor([1, -2, 3])
                parameters.gradients = Tensor([0.5, 0.25, -1])
                optimizer.step()
                optimizer.step()
            }
            let second = parameters.values.scalars
            parameters.values = Tensor([1, -2, 3])
            let again = try OptimizerSettings(name: name).make(for: parameters)
            again.step()
            again.step()
            #expect(parameters.values.scalars == second, "\(name)")
        }
    }
}
