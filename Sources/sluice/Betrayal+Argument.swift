import ArgumentParser
import World

extension Betrayal: ExpressibleByArgument {}
