public import StockCore

/// What a worker tells its surroundings; kept out of the hot path.
public enum WorkerNotice: Sendable {
    case assigned([Int32])
    case revoked([Int32])
    case lost([Int32])
    /// A task is restored and its claim committed. `isFromStandby`: its state was followed before.
    case running(partition: Int32, seq: Int64, facts: Int64, milliseconds: Int64, isFromStandby: Bool)
    case stopped(partition: Int32, StopReason)
    /// The state that was followed for a partition did not pass the checks; it is restored from its checkpoint.
    case standbyDiscarded(partition: Int32, StopReason)
    /// A partition was assigned that the topic did not have when the engine started.
    case grown(partition: Int32)
    case fencing(partition: Int32, [String])
    /// Owners before are fenced for what is open in topics that every worker writes to.
    case fencingLeftovers([TopicPartition], [String])
    /// Nothing has come for a restore for some time; it goes on by itself when something does.
    case restoreWaits(partition: Int32, Standstill)
    case aborted(String, PortError?)
    case settling(PortError)
    case settled(isCommitted: Bool)
    /// What transactions had left without an end was given one.
    case sealed
    /// Facts that were committed are gone: the partition is restored again.
    case rolledBack(partition: Int32, commits: Int64)
    case source(PortError)
    case clockOff(partition: Int32, milliseconds: Int64)
    case superseded(partition: Int32)
    /// The broker refuses the checkpoint of so many SKUs; it waits, and the input goes on.
    case checkpointRefused(partition: Int32, skus: Int, PortError)
    /// The broker takes the whole checkpoint again.
    case checkpointAccepted(partition: Int32)
    case deadLettered(partition: Int32, offset: Int64, reason: String)
    /// An identity of the state does not hold: the first one that was found on the partition.
    case inconsistent(partition: Int32, Inconsistency)
}
