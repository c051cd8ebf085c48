"""A story is a process that nobody waits for: same steps, same instants."""

from simpy import Environment

from delivsim.city.story import Story


def test_a_story_begins_at_once_and_waits_for_its_events() -> None:
    env, told = Environment(), []

    def steps():
        told.append(("begun", env.now))
        told.append(((yield env.timeout(2.0, "woken")), env.now))
        told.append(((yield env.timeout(3.0, "again")), env.now))

    Story(steps())
    assert told == [("begun", 0.0)]
    env.run()
    assert told == [("begun", 0.0), ("woken", 2.0), ("again", 5.0)]


def test_what_has_happened_already_is_not_waited_for() -> None:
    env, told = Environment(), []
    past = env.timeout(0.0, "past")
    env.run()

    def steps():
        told.append((yield past))

    Story(steps())
    assert told == ["past"]
