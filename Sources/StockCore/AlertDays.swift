/// Up to three numbers of days before an expiry at which it is reported, the largest first. They stand in one number: 16 bits each.
public struct AlertDays: Sendable, Equatable {
    /// The number that a policy keeps; 0: none are reported.
    public let packed: Int64

    /// The most numbers of days that a policy has.
    public static let most = 3

    /// 90, 60 and 30 days: where the policy names none.
    public static let usual = AlertDays([90, 60, 30])!

    /// The days, the largest first, each 1 to 36,500; nil where they are not so.
    public init?(_ days: [Int64]) {
        guard days.count <= AlertDays.most else { return nil }
        var packed: Int64 = 0
        var last: Int64 = 36_501
        for (index, day) in days.enumerated() {
            guard day >= 1, day < last else { return nil }
            packed |= day << Int64(16 * index)
            last = day
        }
        self.packed = packed
    }

    /// As a policy keeps them.
    public init(of policy: Policy) { packed = policy.expiryAlertDays == Policy.absent ? AlertDays.usual.packed : policy.expiryAlertDays }

    /// One of them; 0: there are fewer.
    public subscript(index: Int) -> Int64 { packed >> Int64(16 * index) & 0xFFFF }

    /// All of them.
    public var list: [Int64] { (0..<AlertDays.most).map { self[$0] }.filter { $0 > 0 } }
}
