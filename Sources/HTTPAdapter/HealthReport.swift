import Telemetry

/// What `/livez` and `/readyz` answer: named checks and the worst of them, in the shape of `application/health+json`.
public struct HealthReport: Sendable, Equatable {
    /// How a check, or all of them together, stands. Later is worse.
    public enum Status: String, Sendable, CaseIterable {
        /// Good.
        case pass
        /// Works, with a concern.
        case warn
        /// Does not work.
        case fail
    }

    /// One check.
    public struct Check: Sendable, Equatable {
        /// What was looked at, such as `kafka`.
        public var name: String
        /// How it stands.
        public var status: Status
        /// Why, where it is not good.
        public var reason: String

        /// A check.
        public init(_ name: String, _ status: Status, reason: String = "") {
            self.name = name
            self.status = status
            self.reason = reason
        }
    }

    /// The checks, in the order of their first appearance. Several may have one name.
    public var checks: [Check]

    /// A report of these checks; without any it is good.
    public init(_ checks: [Check] = []) { self.checks = checks }

    /// The worst of the checks.
    public var status: Status {
        for status in [Status.fail, .warn] where checks.contains(where: { $0.status == status }) { return status }
        return .pass
    }

    /// 200, or 503 where a check fails, with the reasons.
    public func response() -> HTTPResponse {
        var names: [String] = []
        for check in checks where !names.contains(check.name) { names.append(check.name) }
        let members = names.map { name in
            let entries = checks.filter { $0.name == name }.map { check in
                let output = check.reason.isEmpty ? "" : ",\"output\":\(quoteJSON(check.reason))"
                return "{\"status\":\"\(check.status.rawValue)\"\(output)}"
            }
            return "\(quoteJSON(name)):[\(entries.joined(separator: ","))]"
        }
        let json = "{\"status\":\"\(status.rawValue)\",\"checks\":{\(members.joined(separator: ","))}}\n"
        return HTTPResponse(status: status == .fail ? 503 : 200, contentType: "application/health+json", body: Array(json.utf8))
    }
}
