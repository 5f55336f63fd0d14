"""AWS's behaviour as data and pure functions: what Lambda does with the stack that a template describes.

`limits` has AWS's ranges and defaults, each with the page it is from. `template` reads a CloudFormation template,
`resources` reads its queues, functions, streams and mappings into records. `facts` are what is known of a queue, a
stream or an asynchronous invocation. `rules` compare facts with what AWS requires or recommends: each rule returns a
sentence or nothing. `schedules` say when events are delivered again, and for how long. `findings` compares a whole
stack with the rules.

Constructs, simulator and command line all use this package, so that each fact about AWS is written once. It imports
the standard library and `redrive.settings` only.
"""
