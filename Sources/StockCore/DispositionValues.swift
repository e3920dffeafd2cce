/// A number for each disposition.
public struct DispositionValues: Sendable, Equatable, BitwiseCopyable {
    /// That of units on the shelf.
    public var sellable: Int64 = 0
    /// That of damaged units.
    public var damaged: Int64 = 0
    /// That of units in quarantine.
    public var quarantine: Int64 = 0
    /// That of units that wait for a check of their quality.
    public var qc: Int64 = 0
    /// That of units of recalled lots.
    public var recalled: Int64 = 0
    /// That of units of expired lots.
    public var expired: Int64 = 0
    /// That of used parts that customers handed in.
    public var core: Int64 = 0

    /// All zero.
    public init() {}

    /// Whether all are zero.
    @inlinable public var isZero: Bool { sellable | damaged | quarantine | qc | recalled | expired | core == 0 }

    /// The number of one disposition.
    @inlinable public subscript(disposition: Disposition) -> Int64 {
        get {
            switch disposition {
            case .sellable: sellable
            case .damaged: damaged
            case .quarantine: quarantine
            case .qc: qc
            case .recalled: recalled
            case .expired: expired
            case .core: core
            }
        }
        set {
            switch disposition {
            case .sellable: sellable = newValue
            case .damaged: damaged = newValue
            case .quarantine: quarantine = newValue
            case .qc: qc = newValue
            case .recalled: recalled = newValue
            case .expired: expired = newValue
            case .core: core = newValue
            }
        }
    }
}
