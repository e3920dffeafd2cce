import Foundation
import Synchronization

/// Holds something back on another thread until it is opened: a request in a proxy, for example, whose sender is stopped meanwhile.
final class Gate: Sendable {
    private let state = Mutex((held: 0, isOpen: false))

    /// For the thread that is to be held back.
    func pass() {
        state.withLock { $0.held += 1 }
        while !state.withLock({ $0.isOpen }) { usleep(1_000) }
    }

    /// How many have come to the gate.
    var held: Int { state.withLock { $0.held } }

    /// Waits until somebody is held back.
    func waitUntilHeld(_ what: String) throws { _ = try within(seconds: 60, "\(what) is held back") { held > 0 ? true : nil } }

    /// Lets everybody through, from now on as well.
    func open() { state.withLock { $0.isOpen = true } }
}

extension Proxy {
    /// Holds back the next requests for which `isMeant` answers true, and lets everything else through.
    func hold(at gate: Gate, _ isMeant: @escaping @Sendable (Request) -> Bool) {
        rule = { request in
            if isMeant(request) { gate.pass() }
            return .pass
        }
    }
}
