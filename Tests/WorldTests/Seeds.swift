import Testing

/// Seeds that are run for ever, with what they found when they found it. A world of theirs that is sound proves no more than any
/// other: whatever a gateway does at another moment, and every change of the worlds, makes another world of a seed. So what they
/// found has a test of its own, where it can be told without a world.
enum Seeds {
    struct Known: Sendable, CustomTestStringConvertible {
        var seed: UInt64
        var hours: Double
        /// What did not hold, and why.
        var story: String
        var testDescription: String { "seed \(seed)" }
    }

    static let known: [Known] = [
        Known(
            seed: 74, hours: 0.02,
            story:
                "a process died in saying what an operator had; the next believed it, and a power cut brought back the old"
        ),
        Known(seed: 166, hours: 0.02, story: "the same, of a hold"),
        Known(
            seed: 7288, hours: 0.02,
            story: "one read failed at a start, and a zone that an operator had set was taken for one that nobody had"),
        Known(
            seed: 46, hours: 0.05,
            story:
                "an append failed, its file could not be removed, and came back once its successor had landed and gone"),
        Known(
            seed: 64, hours: 0.5,
            story: "the same, in the ledger"),
        Known(
            seed: 8862, hours: 0.02,
            story: "the disk failed once while the trail's head was read at start: a new chain began"),
        Known(seed: 9673, hours: 0.02, story: "the same"),
        Known(
            seed: 20466, hours: 0.02,
            story: "a salvage failed in the middle of its copy: what was left of that stopped every further try"
        ),
        Known(
            seed: 95, hours: 0.02,
            story: "a life died before any of its ledger was durable, and held complete-through back for ever"),
        Known(
            seed: 142, hours: 0.02,
            story: "the end of a journal rotted: what had been stated could never come, and nobody said so"),
        Known(
            seed: 532, hours: 0.02,
            story: "the same, and the start that found it died before it could say where that life had ended"),
        Known(
            seed: 609, hours: 0.02,
            story:
                "a life died between its words on earlier lives and its first positions, and left nothing for the next"),
        Known(
            seed: 126_811, hours: 0.005,
            story: "a life's first facts could be written late only, and gave that moment for its beginning"),
        Known(
            seed: 7, hours: 2,
            story: "a start on a full disk waited for room that only the landing of its ledger could make"),
        Known(
            seed: 26, hours: 2,
            story: "the same, and the facts of many starts had taken all that was free"),
        Known(
            seed: 823, hours: 0.02,
            story: "a start set a damaged segment aside, and died before the ledger named what was lost"),
        Known(
            seed: 17, hours: 2,
            story: "keys whose window had ended took with them that what is behind an older segment has landed"),
        Known(
            seed: 37, hours: 0.5,
            story: "keys went before their life's end was stated, and the start died: complete-through stood still"),
        Known(
            seed: 315_367, hours: 0.005,
            story: "a line of the trail that could not be written was in the journal after all, in another's place"),
        Known(
            seed: 244_874, hours: 0.005,
            story: "a bit flipped where a sync had lost the bytes: the world itself fell"),
    ]
}
