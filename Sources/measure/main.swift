import Measure

await MeasureProgram.run()
