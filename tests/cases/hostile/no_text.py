class Mute(BaseException):
    def __str__(self):
        raise RuntimeError("\x1b[31m")


raise Mute
