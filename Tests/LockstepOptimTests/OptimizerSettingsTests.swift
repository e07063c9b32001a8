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
        #expect(error?.description == "unknown optimizer 'lion'; valid are sgd, adam, adamw")
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
        #expect(message { try .init(name: "adamw", weightDecay: -1) } == "Invalid weight_decay value: -1.0")
    }

    @Test func settingsSurviveJSON() throws {
        for settings in [
            try OptimizerSettings(name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true),
            try OptimizerSettings(name: "adamw", learningRate: 1.0 / 3, betas: [0.8, 0.95]),
        ] {
            let json = try JSONEncoder().encode(settings)
            #expect(try JSONDecoder().decode(OptimizerSettings.self, from: json) == settings)
        }
    }

    @Test func decodingChecksAsStrictlyAsMaking() {
        for (json, message) in [
            (#"{"name":"sgd","learningRate":-1}"#, "Invalid learning rate: -1.0"),
            (#"{"name":"adagrad"}"#, "unknown optimizer 'adagrad'; valid are sgd, adam, adamw"),
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
        let sgd = try #require(
            try OptimizerSettings(name: "sgd", learningRate: 0.3, momentum: 0.9, weightDecay: 0.1, nesterov: true)
                .make(for: parameters) as? SGD)
        #expect((sgd.learningRate, sgd.momentum, sgd.weightDecay, sgd.nesterov) == (0.3, 0.9, 0.1, true))
        let adam = try OptimizerSettings(name: "adam", betas: [0.5, 0.6], eps: 1e-3).make(for: parameters)
        #expect(!(adam is AdamW))
        #expect((adam as? Adam)?.eps == 1e-3)
        #expect(try #require(adam as? Adam).betas == (0.5, 0.6))
        let adamW = try OptimizerSettings(name: "adamw").make(for: parameters)
        #expect((adamW as? AdamW)?.weightDecay == 1e-2)
    }
}
