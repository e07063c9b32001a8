internal import LockstepLocking
internal import LockstepWire

/// What joins the `InProcessTransport`s of a process: they reach each other by name if they share a network.
public final class InProcessNetwork: Sendable {
    let state = Locked(State())

    /// A network without transports.
    public init() {}

    struct State: Sendable {
        /// The open transports by name.
        var boxes: [String: Mailbox] = [:]
        /// The connections by number.
        private var links: [Int: Link] = [:]
        private var lastLink = 0
    }

    /// One connection; the caller is whoever connected.
    struct Link: Sendable {
        let caller: String
        let callee: String
        /// What either side calls the other one.
        let atCaller: Peer
        let atCallee: Peer
        /// Whether the callee has been there.
        var isUp: Bool
        /// Whether anything has come from the caller, so that the callee knows the connection.
        var isKnown = false
        /// What the caller sent before the callee was there.
        var held: [Envelope] = []
    }
}

extension InProcessNetwork.State {
    /// Opens a mailbox and connects to it whoever waits for its name; false if the name is taken.
    mutating func open(_ name: String, _ box: InProcessNetwork.Mailbox) -> Bool {
        guard boxes[name] == nil else { return false }
        boxes[name] = box
        for number in links.keys.sorted() where links[number]!.callee == name && !links[number]!.isUp {
            // Force-unwrapped as the keys are the dictionary's own; delivery may end a link, but only its own.
            let held = links[number]!.held
            links[number]!.held = []
            links[number]!.isUp = true
            for envelope in held where links[number] != nil { deliver(envelope, over: number, toCallee: true) }
        }
        return true
    }

    /// Closes a mailbox and all its connections.
    mutating func close(_ name: String) {
        boxes[name] = nil
        for (number, link) in links where link.caller == name || link.callee == name && link.isUp { end(number) }
    }

    /// A new connection; returns the peer as the caller sees it.
    mutating func connect(from caller: String, to callee: String) -> Peer {
        lastLink += 1
        let peer = Peer(.outgoing(lastLink), "in-process://\(callee)")
        links[lastLink] = .init(
            caller: caller, callee: callee, atCaller: peer,
            atCallee: Peer(.incoming(Array("\(lastLink)".utf8)), "in-process://\(caller)"), isUp: boxes[callee] != nil)
        return peer
    }

    /// Ends a connection from the caller's side.
    mutating func disconnect(_ peer: Peer, of name: String) {
        guard let number = number(of: peer, at: name), links[number]?.caller == name else { return }
        boxes[name]?.discard(from: peer)
        end(number, tellCaller: false)
    }

    /// Sends over a connection, or says why not.
    mutating func send(
        _ envelope: Envelope, to peer: Peer, from name: String, limits: TransportLimits
    ) throws(TransportError) {
        guard let number = number(of: peer, at: name), let link = links[number] else { throw .gone(peer) }
        let toCallee = peer == link.atCaller
        let box = boxes[toCallee ? link.callee : link.caller]
        let waiting = link.isUp ? box?.count(from: toCallee ? link.atCallee : link.atCaller) ?? 0 : link.held.count
        guard waiting < limits.highWaterMark else { throw .full(peer, limit: limits.highWaterMark) }
        let bytes =
            link.isUp
            ? box?.bytes(from: toCallee ? link.atCallee : link.atCaller) ?? 0
            : link.held.reduce(0) { $0 + ($1.payload?.count ?? 0) }
        guard bytes == 0 || bytes + (envelope.payload?.count ?? 0) <= limits.maximumQueuedBytes else {
            throw .full(peer, bytes: limits.maximumQueuedBytes)
        }
        if link.isUp {
            deliver(envelope, over: number, toCallee: toCallee)
        } else {
            links[number]?.held.append(envelope)
        }
    }

    /// The connection that the transport `name` calls `peer`.
    private func number(of peer: Peer, at name: String) -> Int? {
        switch peer.identity {
        case .outgoing(let number): links[number]?.caller == name ? number : nil
        case .incoming(let digits):
            Int(String(decoding: digits, as: UTF8.self)).flatMap { links[$0]?.callee == name ? $0 : nil }
        }
    }

    /// Puts a message into the receiver's mailbox; one above the receiver's limit ends the connection, as on a socket.
    private mutating func deliver(_ envelope: Envelope, over number: Int, toCallee: Bool) {
        guard let link = links[number] else { return }
        let name = toCallee ? link.callee : link.caller
        if let payload = envelope.payload, let limits = boxes[name]?.limits, payload.count > limits.maximumMessageBytes
        {
            return end(number)
        }
        if toCallee { links[number]?.isKnown = true }
        let sender = toCallee ? link.atCallee : link.atCaller
        boxes[name]?.append(.message(envelope, from: sender), from: sender)
    }

    /// Removes a connection and tells those sides that knew it.
    private mutating func end(_ number: Int, tellCaller: Bool = true) {
        guard let link = links.removeValue(forKey: number) else { return }
        if tellCaller, link.isUp { boxes[link.caller]?.append(.lost(link.atCaller), from: link.atCaller) }
        if link.isKnown { boxes[link.callee]?.append(.lost(link.atCallee), from: link.atCallee) }
    }
}
