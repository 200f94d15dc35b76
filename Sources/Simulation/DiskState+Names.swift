import SystemPackage

extension DiskState {
    /// The inode that a path names, as open files and readers see it.
    func resolve(_ path: FilePath) throws(Errno) -> Int {
        try resolve(names(path)[...])
    }

    private func resolve(_ names: ArraySlice<String>) throws(Errno) -> Int {
        var current = DiskState.root
        for name in names {
            guard inodes[current]!.isDirectory else { throw .notDirectory }
            guard let next = inodes[current]!.entries[name] else { throw .noSuchFileOrDirectory }
            current = next
        }
        return current
    }

    /// The path's components below `/`. By hand: FilePath's own views are slow enough in debug builds to be felt in
    /// every simulated run.
    private func names(_ path: FilePath) -> [String] {
        var names: [String] = []
        for part in path.string.utf8.split(separator: UInt8(ascii: "/")) {
            switch String(part) {
            case ".": break
            case "..": _ = names.popLast()
            case let name?: names.append(name)
            case nil: preconditionFailure("a path that is not UTF-8: \(path)")
            }
        }
        return names
    }

    func resolveDirectory(_ path: FilePath) throws(Errno) -> Int {
        let id = try resolve(path)
        guard inodes[id]!.isDirectory else { throw .notDirectory }
        return id
    }

    /// A name's directory and what the name stands for, if anything.
    private func slot(_ path: FilePath) throws(Errno) -> (directory: Int, name: String, inode: Int?) {
        let names = names(path)
        guard let name = names.last else { throw .resourceBusy }
        let directory = try resolve(names.dropLast())
        guard inodes[directory]!.isDirectory else { throw .notDirectory }
        return (directory, name, inodes[directory]!.entries[name])
    }

    /// A new file or directory under a free name.
    mutating func create(_ path: FilePath, isDirectory: Bool) throws(Errno) -> Int {
        let slot = try slot(path)
        guard slot.inode == nil else { throw .fileExists }
        guard free > 0 else { throw .noSpace }
        let id = makeInode(isDirectory: isDirectory)
        record([.init(directory: slot.directory, name: slot.name, inode: id)])
        return id
    }

    mutating func link(_ existing: FilePath, to new: FilePath) throws(Errno) {
        let source = try resolve(existing)
        let slot = try slot(new)
        guard slot.inode == nil else { throw .fileExists }
        guard !inodes[source]!.isDirectory else { throw .notPermitted }
        record([.init(directory: slot.directory, name: slot.name, inode: source)])
    }

    mutating func unlink(_ path: FilePath) throws(Errno) {
        let slot = try slot(path)
        guard let id = slot.inode else { throw .noSuchFileOrDirectory }
        guard !inodes[id]!.isDirectory else { throw .isDirectory }
        record([.init(directory: slot.directory, name: slot.name, inode: nil)])
    }

    mutating func rename(_ from: FilePath, to: FilePath) throws(Errno) {
        let source = try slot(from)
        let target = try slot(to)
        guard let id = source.inode else { throw .noSuchFileOrDirectory }
        if id == target.inode { return }
        let (old, new) = (names(from), names(to))
        if new.starts(with: old) { throw .invalidArgument }
        if old.starts(with: new) { throw .directoryNotEmpty }
        if let taken = target.inode {
            switch (inodes[id]!.isDirectory, inodes[taken]!.isDirectory) {
            case (true, false): throw .notDirectory
            case (false, true): throw .isDirectory
            case (true, true): if !inodes[taken]!.entries.isEmpty { throw .directoryNotEmpty }
            case (false, false): break
            }
        }
        record([
            .init(directory: source.directory, name: source.name, inode: nil),
            .init(directory: target.directory, name: target.name, inode: id),
        ])
    }

    /// Changes names in readers' sight, and leaves the change to a sync or a crash.
    private mutating func record(_ changes: [EntryOperation.Change]) {
        for change in changes {
            let previous = inodes[change.directory]!.entries.updateValue(change.inode, orRemove: change.name)
            if let previous { update(previous) { $0.links -= 1 } }
            if let id = change.inode { update(id) { $0.links += 1 } }
        }
        pending.append(EntryOperation(changes: changes))
    }

    /// Makes every operation that touches the directory durable. Those on other directories stay pending, except
    /// earlier ones on a name that a now durable rename has settled.
    mutating func syncDirectory(_ directory: Int) {
        var settled: Set<[String]> = []
        var waiting: [EntryOperation] = []
        for operation in pending where operation.changes.contains(where: { $0.directory == directory }) {
            apply(operation)
            for change in operation.changes { settled.insert([String(change.directory), change.name]) }
        }
        for operation in pending where !operation.changes.contains(where: { $0.directory == directory }) {
            var rest = operation
            rest.changes.removeAll { settled.contains([String($0.directory), $0.name]) }
            if !rest.changes.isEmpty { waiting.append(rest) }
        }
        pending = waiting
        forgetUnnamed()
    }

    mutating func apply(_ operation: EntryOperation) {
        for change in operation.changes {
            _ = inodes[change.directory]!.durableEntries.updateValue(change.inode, orRemove: change.name)
        }
    }

    /// Drops files that no name, durable or not, and no open file can bring back. Looked at only now and then.
    private mutating func forgetUnnamed() {
        let unnamed = inodes.filter { $0.value.links == 0 && $0.value.handles == 0 }.keys
        guard unnamed.count > 64 else { return }
        var named = Set(inodes.values.flatMap(\.durableEntries.values))
        for operation in pending { named.formUnion(operation.changes.compactMap(\.inode)) }
        for id in unnamed where !named.contains(id) { inodes[id] = nil }
    }

    /// What a power cut leaves: any subset of the pending directory operations, and for each file that still has a name
    /// any subset of its pending sectors.
    mutating func crash(using generator: inout some RandomNumberGenerator) {
        let kept = survivors(of: pending.count, using: &generator)
        for (operation, isKept) in zip(pending, kept) where isKept { apply(operation) }
        pending = []
        // In order, for a dictionary's own order differs from run to run.
        for id in inodes.keys.sorted() {
            inodes[id]!.file.crash(using: &generator)
            inodes[id]!.entries = inodes[id]!.durableEntries
        }
        dropUnreachable()
    }

    private mutating func dropUnreachable() {
        var links = [DiskState.root: 1]
        var queue = [DiskState.root]
        while let directory = queue.popLast() {
            for child in inodes[directory]!.entries.values {
                links[child, default: 0] += 1
                if links[child] == 1, inodes[child]!.isDirectory { queue.append(child) }
            }
        }
        for id in inodes.keys {
            if let count = links[id] { inodes[id]!.links = count } else { inodes[id] = nil }
        }
        closeAll()
    }
}

extension Dictionary {
    /// Sets or removes; returns what was there.
    fileprivate mutating func updateValue(_ value: Value?, orRemove key: Key) -> Value? {
        if let value { updateValue(value, forKey: key) } else { removeValue(forKey: key) }
    }
}
