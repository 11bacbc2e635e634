import { wavOf } from "./wav";

/** Of what engines for speech want. */
const RATE = 16_000;

/** Listens to the microphone, where the browser has one to offer: on loopback, or behind TLS. */
export class Recorder {
  recording = $state(false);
  /** Milliseconds since the epoch. */
  since = $state(0);
  #recorder: MediaRecorder | null = null;

  static get possible(): boolean {
    return "mediaDevices" in navigator && "MediaRecorder" in globalThis;
  }

  /** Listen until `stop`; what was said comes as a WAV file. Throws where the microphone is not to be had. */
  async record(): Promise<File> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    try {
      return new File([await wavFrom(await this.#listen(stream))], "recording.wav", { type: "audio/wav" });
    } finally {
      for (const track of stream.getTracks()) track.stop();
      this.recording = false;
    }
  }

  stop(): void {
    this.#recorder?.stop();
  }

  #listen(stream: MediaStream): Promise<Blob> {
    const recorder = new MediaRecorder(stream);
    this.#recorder = recorder;
    const pieces: Blob[] = [];
    return new Promise((resolve) => {
      recorder.ondataavailable = (event) => pieces.push(event.data);
      recorder.onstop = () => resolve(new Blob(pieces, { type: recorder.mimeType }));
      recorder.start();
      this.recording = true;
      this.since = Date.now();
    });
  }
}

/** Any recording that the browser can read, as a WAV file. */
async function wavFrom(recording: Blob): Promise<Blob> {
  const context = new OfflineAudioContext(1, 1, RATE);
  const sound = await context.decodeAudioData(await recording.arrayBuffer());
  const mixer = new OfflineAudioContext(1, Math.max(1, sound.length), RATE);
  const source = new AudioBufferSourceNode(mixer, { buffer: sound });
  source.connect(mixer.destination);
  source.start();
  return wavOf((await mixer.startRendering()).getChannelData(0), RATE);
}
