import LockstepTensor
import Testing

@Suite struct DeviceTests {
    @Test func theProcessorIsTheDevice() throws {
        #expect(try Device("cpu") == .cpu)
        #expect("\(Device.cpu)" == "cpu" && Device.isAvailable("cpu"))
        let x = Tensor<Float>([1, 2])
        #expect(x.device == .cpu && x.to(.cpu) == x)
    }

    @Test(arguments: ["cuda", "cuda:0", "mps", "CPU", ""]) func anotherDeviceIsRefusedByName(name: String) {
        #expect(!Device.isAvailable(name))
        #expect {
            try Device(name)
        } throws: {
            "\($0)" == "there is no device '\(name)': Lockstep computes on processors only. "
                + "Ask for 'cpu', or see Device.isAvailable first."
        }
    }
}
