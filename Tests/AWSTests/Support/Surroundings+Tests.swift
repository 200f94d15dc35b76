import AWS
import Files
import SystemPackage

extension Surroundings {
    /// Variables and files of a machine that has nothing else.
    static func of(_ variables: [String: String] = [:], files: [String: String] = [:]) -> Surroundings {
        Surroundings(variables: variables) { path in
            guard let text = files[path.string] else {
                return .failure(FileError("open", path, .noSuchFileOrDirectory))
            }
            return .success(Array(text.utf8))
        }
    }
}
