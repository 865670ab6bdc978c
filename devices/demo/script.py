"""What the two people of the demo session say, and how: a dialogue through all seven emotions.

espeak-ng's Korean is hard for speech recognition. These sentences and voices were selected from 2,000 spoken trials
(300 sentences, 16 voices, several speeds and pitches) because Whisper base transcribes each of them without an error,
so a faultless transcript of this session says nothing about real speech. The man is mostly a woman's voice at a low
pitch, which is understood best.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance."""

    speaker: str
    """F or M"""
    emotion: str
    text: str
    voice: str
    """Variant of espeak-ng's Korean voice"""
    speed: int
    """Words a minute, as espeak-ng counts them"""
    pitch: int
    """0..99"""
    volume: float
    """Of the peak, 0..1"""
    valence: float
    """1..5, what raters see on average"""
    arousal: float
    """1..5, what raters see on average"""
    pause: float
    """Seconds of silence before the next line"""


CONFUSED_WITH = {
    "angry": ("disgust", "neutral"),
    "disgust": ("angry", "neutral"),
    "fear": ("sad", "surprise"),
    "happy": ("surprise", "neutral"),
    "neutral": ("happy", "sad"),
    "sad": ("neutral", "fear"),
    "surprise": ("fear", "happy"),
}
"""What a rater who does not agree hears instead"""


LINES = (
    Line("F", "neutral", "어디 가요?", "steph", 105, 35, 0.6, 2.9, 2.8, 1.8),
    Line("M", "neutral", "안녕하세요", "steph", 105, 10, 0.6, 3.0, 2.8, 1.7),
    Line("F", "neutral", "커피 한 잔 주세요", "steph", 110, 60, 0.6, 3.2, 2.4, 1.8),
    Line("M", "neutral", "어디 가요?", "m8", 105, 35, 0.6, 3.1, 2.6, 1.8),
    Line("F", "surprise", "정말 이래요?", "f1", 105, 60, 0.9, 3.3, 4.1, 1.7),
    Line("M", "surprise", "세상에 이게 뭐야?", "f3", 125, 8, 0.9, 3.6, 4.1, 1.6),
    Line("F", "surprise", "어떻게 이래?", "steph", 105, 50, 0.9, 3.3, 3.9, 1.9),
    Line("M", "happy", "너무 좋아요", "f3", 120, 20, 0.85, 4.6, 4.0, 2.0),
    Line("F", "happy", "너무 예뻐요", "steph", 120, 45, 0.85, 4.2, 3.8, 2.0),
    Line("M", "happy", "너무 예뻐요", "steph", 120, 15, 0.85, 4.6, 3.7, 1.5),
    Line("F", "happy", "너무 신나요", "f3", 105, 45, 0.85, 4.2, 3.9, 1.7),
    Line("M", "disgust", "너무 심해", "steph", 120, 20, 0.7, 2.0, 3.6, 1.6),
    Line("F", "disgust", "너무 심해", "f3", 110, 50, 0.7, 2.1, 3.6, 2.3),
    Line("M", "disgust", "나는 너무 싫어", "f3", 115, 20, 0.7, 1.8, 3.5, 1.2),
    Line("F", "disgust", "너무 미워", "f3", 120, 50, 0.7, 1.8, 3.6, 1.4),
    Line("M", "disgust", "무슨 냄새야?", "f3", 125, 20, 0.7, 2.0, 3.5, 1.6),
    Line("F", "angry", "조용히 해", "steph", 105, 60, 1.0, 1.9, 4.4, 1.5),
    Line("M", "angry", "조용히 해", "f3", 125, 20, 1.0, 2.0, 4.3, 1.8),
    Line("F", "angry", "그만 좀 해", "steph", 120, 50, 1.0, 1.8, 4.0, 2.1),
    Line("M", "angry", "왜 나한테 이래?", "steph", 110, 25, 1.0, 2.0, 4.1, 1.9),
    Line("F", "angry", "왜 나한테 이래?", "f3", 120, 35, 1.0, 1.8, 4.4, 2.2),
    Line("M", "angry", "지금 뭐 하는 거야?", "steph", 120, 15, 1.0, 2.0, 4.0, 2.0),
    Line("F", "fear", "무슨 소리야?", "f1", 125, 40, 0.75, 1.9, 4.2, 1.4),
    Line("M", "fear", "가지 마세요", "m7", 105, 25, 0.75, 1.8, 3.8, 1.7),
    Line("M", "fear", "도와주세요", "steph", 105, 10, 0.75, 2.1, 3.8, 1.5),
    Line("F", "sad", "엄마가 보고 싶어", "steph", 115, 70, 0.5, 1.6, 2.5, 2.2),
    Line("M", "sad", "미안해요", "f3", 130, 8, 0.5, 1.6, 2.4, 1.6),
    Line("F", "sad", "나 너무 힘들어", "f1", 120, 60, 0.5, 1.9, 2.2, 1.2),
    Line("M", "sad", "엄마가 보고 싶어", "f3", 120, 20, 0.5, 2.0, 2.2, 1.6),
    Line("F", "sad", "미안해요", "f3", 120, 35, 0.5, 2.0, 2.4, 1.8),
    Line("M", "surprise", "우와", "f3", 120, 20, 0.9, 3.4, 4.2, 1.4),
    Line("M", "surprise", "세상에", "m8", 105, 35, 0.9, 3.2, 4.0, 1.1),
    Line("F", "happy", "너무 맛있어", "steph", 120, 70, 0.85, 4.2, 4.1, 1.7),
    Line("F", "happy", "축하해요", "steph", 120, 35, 0.85, 4.3, 4.0, 1.4),
    Line("M", "fear", "무슨 소리야?", "f3", 120, 0, 0.75, 2.0, 3.9, 1.9),
    Line("F", "neutral", "엄마 어디 가요?", "steph", 120, 35, 0.6, 3.0, 2.6, 1.5),
    Line("M", "neutral", "엄마 어디 가요?", "steph", 110, 20, 0.6, 2.9, 2.7, 1.6),
)
