/// When an engine that stands by for others joins their group: once it has the state of what the group may give it, since until then
/// they go on with it; where nobody is there, at once.
public struct EntranceRule: Sendable {
    /// How long it may load before it joins with what it has, in milliseconds.
    public static let limitMilliseconds: Int64 = 600_000

    /// What to do now.
    public enum Action: Sendable, Equatable {
        /// Join.
        case join
        /// Join although something is missing: it has taken too long.
        case joinIncomplete
        /// Load, and ask again.
        case load
        /// Ask again: the coordinator did not tell who is there.
        case ask
    }

    private let beganMilliseconds: Int64

    /// The engine starts now, by a monotonic clock.
    public init(nowMilliseconds: Int64) { beganMilliseconds = nowMilliseconds }

    /// `isWhole`: the state of every partition is here. `members`: how many the group has; nil: not known.
    public func action(isWhole: Bool, members: Int?, nowMilliseconds: Int64) -> Action {
        if isWhole || members == 0 { return .join }
        if nowMilliseconds - beganMilliseconds >= EntranceRule.limitMilliseconds { return .joinIncomplete }
        return members == nil ? .ask : .load
    }
}
