import Foundation
import Synchronization

extension Proxy.Request {
    static let listOffsets: Int16 = 2
    static let syncGroup: Int16 = 14
    static let initializeProducer: Int16 = 22

    /// Whether a text, such as a topic's name or a transactional id, stands in it.
    func names(_ text: String) -> Bool { Data(bytes).range(of: Data(text.utf8)) != nil }
}

/// Holds requests of one kind at the proxy, and with them whoever sent them, until it is opened. For `Proxy.rule`.
final class RequestGate: Sendable {
    private struct State {
        var arrivals = 0
        var verdict: Proxy.Verdict?
    }

    private let isMeant: @Sendable (Proxy.Request) -> Bool
    private let state = Mutex(State())

    init(_ isMeant: @escaping @Sendable (Proxy.Request) -> Bool) { self.isMeant = isMeant }

    deinit { open(.cutBefore) }

    func verdict(_ request: Proxy.Request) -> Proxy.Verdict {
        guard isMeant(request) else { return .pass }
        // What comes once it is open passes.
        let isOpen = state.withLock { state in
            state.arrivals += 1
            return state.verdict != nil
        }
        guard !isOpen else { return .pass }
        while true {
            if let verdict = state.withLock({ $0.verdict }) { return verdict }
            usleep(2_000)
        }
    }

    /// Waits until a request is held.
    func waitForArrival(_ what: String) throws {
        _ = try within(seconds: 60, what) { state.withLock { $0.arrivals > 0 ? true : nil } }
    }

    /// What becomes of those that are held: those of a dead process must not reach the broker any more.
    func open(_ verdict: Proxy.Verdict) { state.withLock { $0.verdict = $0.verdict ?? verdict } }
}

/// Set once, by any thread.
final class Flag: Sendable {
    private let value = Atomic(false)

    func set() { value.store(true, ordering: .relaxed) }
    var isSet: Bool { value.load(ordering: .relaxed) }
}

/// Cuts the connection at the commit of one transaction, as often as the client asks for it, and then keeps its producer from coming back
/// until `release`. For `Proxy.rule`.
final class CommitCut: Sendable {
    /// What is in the transaction that is meant.
    enum Content { case facts, checkpointOnly }

    private struct State {
        var hasFacts = false
        var hasState = false
        var skips: Int
        var commit: [UInt8] = []
        var isReleased = false
        var cuts = 0
        var refusals = 0
    }

    private let content: Content
    private let first: Proxy.Verdict
    private let ledger: String
    private let checkpoints: String
    private let state: Mutex<State>

    /// `first`: what becomes of the first request; the ones after it are cut before the broker hears of them. `skips`: so many such
    /// transactions pass before.
    init(_ installation: Installation, _ content: Content, _ first: Proxy.Verdict, skips: Int = 0) {
        self.content = content
        self.first = first
        ledger = installation.topic(.ledger)
        checkpoints = installation.topic(.state)
        state = Mutex(State(skips: skips))
    }

    func verdict(_ request: Proxy.Request) -> Proxy.Verdict {
        switch request.apiKey {
        case Proxy.Request.produce:
            let (hasFacts, hasState) = (request.names(ledger), request.names(checkpoints))
            state.withLock {
                $0.hasFacts = $0.hasFacts || hasFacts
                $0.hasState = $0.hasState || hasState
            }
            return .pass
        case Proxy.Request.initializeProducer:
            return state.withLock {
                guard !$0.commit.isEmpty, !$0.isReleased else { return .pass }
                $0.refusals += 1
                return .cutBefore
            }
        case Proxy.Request.endTransaction where request.isCommit: return verdict(commit: request)
        default: return .pass
        }
    }

    private func verdict(commit request: Proxy.Request) -> Proxy.Verdict {
        // Client, transactional id, producer and epoch: the same when it is asked for again, behind another number of the request.
        let commit = Array(request.bytes.dropFirst(8))
        return state.withLock { state in
            let isMeant = content == .facts ? state.hasFacts : state.hasState && !state.hasFacts
            state.hasFacts = false
            state.hasState = false
            if state.commit.isEmpty, isMeant {
                guard state.skips == 0 else {
                    state.skips -= 1
                    return .pass
                }
                state.commit = commit
                state.cuts = 1
                return first
            }
            guard commit == state.commit, !state.isReleased else { return .pass }
            state.cuts += 1
            return .cutBefore
        }
    }

    /// Whether the transaction has come.
    var hasCut: Bool { state.withLock { $0.cuts > 0 } }

    /// Waits until the client has tried to come back so many times.
    func waitForRefusals(_ count: Int) throws {
        _ = try within(seconds: 60, "a producer that wants to come back") { state.withLock { $0.refusals >= count ? true : nil } }
    }

    /// From now on everything passes.
    func release() { state.withLock { $0.isReleased = true } }
}
