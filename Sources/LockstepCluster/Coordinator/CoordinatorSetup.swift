package import LockstepTraining
package import LockstepWire

extension CoordinatorMachine {
    /// What a run needs to know to begin.
    package struct Setup {
        /// The run's name, the same whenever its coordinator is started again.
        package var run: RunID
        /// What is trained and how.
        package var settings: RunSettings
        /// Who may be in it.
        package var membership: Membership
        /// What people start workers with: `lockstep worker --coordinator tcp://…`.
        package var endpoint: String
        /// What a worker is started with besides the endpoint: where there are keys, those.
        package var workerOptions = ""
        /// The state to start from, and what it is of; nil for a new run.
        package var state: (payload: Payload, checkpoint: Checkpoint)?
        /// The weights that a new run starts from, where they are given.
        package var initialWeights: Payload?
        /// What the data are, where workers are sent their samples; nil where they read them.
        package var data: SampleDescription?
        /// What the run's metrics hold already.
        package var recorded = RecordedPosition()
        /// What the run was computed on before, each kind of processor and library once.
        package var machines: [String] = []
        /// Bytes of a piece of a state that is sent.
        package var pieceBytes = 4 << 20

        /// A run without a state to start from.
        package init(run: RunID, settings: RunSettings, membership: Membership, endpoint: String) {
            self.run = run
            self.settings = settings
            self.membership = membership
            self.endpoint = endpoint
        }
    }
}
