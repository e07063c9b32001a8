public import LockstepTraining
public import LockstepTransport
public import Logging

/// Workers as threads of this process that speak with the coordinator and each other in memory, without sockets.
public enum InProcessWorkers {
    /// Starts `count` workers for the coordinator at `coordinator`. They end when it says so.
    public static func start(
        count: Int, network: InProcessNetwork, coordinator: Endpoint, patience: Patience = Patience(), logger: Logger,
        makeJob: @escaping @Sendable (RunSettings) throws -> any TrainableJob
    ) {
        for index in 0..<count {
            DetachedThread.start {
                // What goes wrong is told to the coordinator, which tells the user.
                try? worker(index, network, coordinator, patience, logger, makeJob).run()
            }
        }
    }

    private static func worker(
        _ index: Int, _ network: InProcessNetwork, _ coordinator: Endpoint, _ patience: Patience,
        _ logger: Logger,
        _ makeJob: @escaping @Sendable (RunSettings) throws -> any TrainableJob
    ) throws -> WorkerLoop {
        let transport = try InProcessTransport(network: network, name: "worker-\(index)")
        return try WorkerLoop(
            transport: transport, coordinator: coordinator, advertised: transport.endpoint, patience: patience,
            logger: logger, makeJob: makeJob)
    }
}
